package kube

import (
	"context"
	"encoding/json"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// Admission gives the ValidatingAdmissionPolicy and the binding of a name, as far
// as they are there. The error names each that cannot be read.
func (c *Client) Admission(ctx context.Context, name string) (*reach.Objects, error) {
	out, err := reach.Read("", nil)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, r := range []Resource{AdmissionPolicies, AdmissionBindings} {
		objects, err := c.object(ctx, r, name)
		errs = append(errs, err)
		if err == nil {
			out.Add(objects)
		}
	}
	return out, joined(errs)
}

// object gives one object that is in no namespace; nothing if it is not there, or
// the cluster is too old to have it.
func (c *Client) object(ctx context.Context, r Resource, name string) (*reach.Objects, error) {
	var data []byte
	served, err := c.Serves(ctx, r)
	if err != nil {
		return nil, err
	}
	if served {
		found, err := Get[json.RawMessage](ctx, c, r, "", name)
		if err != nil {
			return nil, err
		}
		if found != nil {
			data = *found
		}
	}
	return reach.Read(r.String(), data)
}
