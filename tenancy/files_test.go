package tenancy

import (
	"slices"
	"testing"
)

// TestOwnersOf says whose files are, where the platform names its own and where
// it does not.
func TestOwnersOf(t *testing.T) {
	for _, tt := range []struct {
		platform []Word
		file     string
		isTheirs bool
		teams    []string
	}{
		{nil, "tenants.cue", true, nil},
		{nil, "ants.cue", false, []string{"ants"}},
		{nil, "shared.cue", false, []string{"ants", "bees"}},
		{nil, "other.cue", true, nil},
		{[]Word{{Text: "platform*.cue"}}, "other.cue", false, nil},
		{[]Word{{Text: "platform*.cue"}}, "tenants.cue", true, nil},
		{[]Word{{Text: "a*.cue"}}, "ants.cue", true, nil}, // the platform's alone
		{[]Word{{Text: "[a"}}, "other.cue", false, nil},   // no pattern
	} {
		x := &Tenancy{Platform: Platform{Files: tt.platform}, Teams: map[string]*Team{
			"bees": {Files: []Word{{Text: "shared.cue"}}},
			"ants": {Files: []Word{{Text: "ants*.cue"}, {Text: "[ts]*.cue"}}},
			"none": {},
		}}
		if platform, teams := x.OwnersOf(tt.file); platform != tt.isTheirs || !slices.Equal(teams, tt.teams) {
			t.Errorf("%s with %v: %v, %v", tt.file, tt.platform, platform, teams)
		}
	}
}
