// Command hello is the function behind the field roll: it rolls dice.
package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-lambda-go/lambda"
)

const most = 100

type roll struct {
	Dice []int `json:"dice"`
	Sum  int   `json:"sum"`
}

func handle(_ context.Context, args struct{ Dice int }) (*roll, error) {
	if args.Dice < 1 || args.Dice > most {
		return nil, fmt.Errorf("%d dice: from 1 to %d can be rolled", args.Dice, most)
	}
	r := &roll{Dice: make([]int, args.Dice)}
	for i := range r.Dice {
		r.Dice[i] = 1 + rand.IntN(6)
		r.Sum += r.Dice[i]
	}
	return r, nil
}

func main() { lambda.Start(handle) }
