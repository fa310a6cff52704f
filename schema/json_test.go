package schema_test

import (
	"testing"

	"github.com/hedgerow-dev/hedgerow/schema"
)

func TestJSON(t *testing.T) {
	got, err := schema.JSON([]byte("a: b: \"c\" // why\n// d: open\ne: [1, true]\n"))
	if want := `{"a":{"b":"c"},"e":[1,true]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	for _, wrong := range []string{"a: string", "a: {", "a: b"} {
		if got, err := schema.JSON([]byte(wrong)); err == nil {
			t.Errorf("%q gives %s", wrong, got)
		}
	}
}
