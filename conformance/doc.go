// Package conformance is a judge: its tests hold reach, and what the tenancies
// of this repository are built into, against engines that nobody here wrote.
// "make conformance" builds the engines and runs it; README.md says what it
// compares.
package conformance
