// Package browser has a browser show the page that package overview writes.
package browser
