package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/hedgerow-dev/hedgerow/schema"
)

func newSchemaCmd(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of a tenancy, in CUE",
		Long: `Schema prints the schema that every tenancy is judged by, #Tenancy and what it
needs, as one file of CUE with a comment on every field. What only Hedgerow can
see, such as a flow to a namespace that is not declared, is not in it: "hedgerow
vet" judges that.`,
		Example: `  hedgerow schema > schema.cue`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if _, err := io.WriteString(w.out, schema.Source); err != nil {
				return failure{err}
			}
			return nil
		},
	}
}
