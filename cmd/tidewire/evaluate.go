package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/spec"
)

const evaluateHelp = `Run one function of APPSYNC_JS code with a context, without AWS: the offline form
of aws appsync evaluate-code, with its output, for unit tests.

The code is JavaScript, or TypeScript by its name (.ts); it can import
@aws-appsync/utils, @aws-appsync/utils/dynamodb, and files below the working
directory, or below its own directory if it is elsewhere. The context is a JSON
object with arguments, identity, source, stash, result, prev, request, info, error
and env, all of them optional.

stdout gets one JSON object on one line:
{"evaluationResult","error":{"message","codeErrors":[{"errorType","value",
"location":{"line","column","span"}}]},"logs","stash","outErrors"}. As with AWS, an
error of the code is part of it and not a failure of the command.`

// evaluateFlags are the command line of evaluate.
type evaluateFlags struct{ code, context, function string }

func newEvaluateCommand(sh *shell) *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:     "evaluate --code FILE --context FILE|-",
		Short:   "Run a function of AppSync resolver code",
		Long:    evaluateHelp,
		Example: "  tidewire evaluate --code resolver.js --context context.json --function response",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), sh) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.code, "code", "", "evaluate the code in `FILE`")
	flags.StringVar(&f.context, "context", "", "read the context from `FILE|-`")
	flags.StringVar(&f.function, "function", "request", "run this `NAME`: request, response, or another exported function")
	return cmd
}

func (f *evaluateFlags) run(ctx context.Context, sh *shell) error {
	if f.code == "" || f.context == "" {
		return usagef("see tidewire evaluate --help", "give the code with --code and the context with --context")
	}
	document, err := sh.readInput(f.context, 1<<20)
	if err != nil {
		return fmt.Errorf("read the context: %w", err)
	}
	if wrong := json.Unmarshal(document, new(map[string]json.RawMessage)); wrong != nil {
		return hint(fmt.Errorf("the context %s is not a JSON object%s", f.context, where(wrong)), `it looks like {"arguments": {"id": "1"}}`)
	}
	source, err := f.source()
	if err != nil {
		return err
	}
	engine, err := appsyncjs.New(appsyncjs.Options{Runtimes: 1})
	if err != nil {
		return err
	}
	defer engine.Close()
	result, err := engine.Evaluate(ctx, source, document, f.function)
	if err != nil {
		return err
	}
	return sh.putJSON(result)
}

// source is the code; its imports may be anywhere below the working directory.
func (f *evaluateFlags) source() (appsyncjs.Source, error) {
	if _, err := os.Stat(f.code); err != nil {
		return appsyncjs.Source{}, fmt.Errorf("read the code: %w", withoutPrefix(err))
	}
	s := appsyncjs.Source{Script: &spec.Script{File: f.code}}
	if filepath.IsLocal(f.code) {
		s.Root = "."
	}
	return s, nil
}
