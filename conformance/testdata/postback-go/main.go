// Command postback is a Go function as people deploy it: it answers each
// message through @connections, at the address that its event gives, with
// whatever credentials and authorities its environment names. It signs with
// the SDK's signer.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
)

func handle(ctx context.Context, e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	if e.RequestContext.EventType == "MESSAGE" {
		if err := post(ctx, e.RequestContext, "posted: "+e.Body); err != nil {
			return events.APIGatewayProxyResponse{}, err
		}
	}
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}

func post(ctx context.Context, rc events.APIGatewayWebsocketProxyRequestContext, text string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	to := "https://" + rc.DomainName + "/" + rc.Stage + "/@connections/" + url.PathEscape(rc.ConnectionID)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(text))
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "execute-api", cfg.Region, time.Now()); err != nil {
		return err
	}
	resp, err := cfg.HTTPClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", resp.Status, resp.Header.Get("X-Amzn-Errortype"), body)
	}
	return nil
}

func main() { lambda.Start(handle) }
