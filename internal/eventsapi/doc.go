// Package eventsapi runs one AppSync Event API (AppSync Events developer
// guide): publishing over HTTP, publishing and subscribing on a WebSocket, and
// the handlers of channel namespaces.
//
// # What to call first
//
// [New] makes an [API] from function values: who may call (package identity),
// what runs code (appsyncjs), what asks data sources (datasource), what carries
// events between nodes (bus). Its entry points are [API.Publish] for POST
// /event, [API.Realtime] for /event/realtime and [API.Shutdown]; [API.Update]
// takes another reading of the template, under which sockets and subscriptions
// stay. [Check] is what is wrong with an API that only this package can know.
//
// # What is promised
//
// Whoever connects, subscribes or publishes is admitted by a credential and
// allowed by the operation's modes and the caller's policies, each time, before
// anything else happens. Handlers that cannot run refuse; they never let pass.
//
// A subscription is active before its subscribe_success is sent, and a publish
// has been given to every subscription of this node, and to the bus, before it
// is answered with success. The events of one publish go out together. What one
// publisher sends in order, waiting for each answer or on one WebSocket, comes
// in that order to every subscription. A subscriber that does not read is
// closed and delays nobody. Events are not kept: who is not subscribed does not
// get them.
//
// # What handlers may say
//
// A handler of code answers by what it returns and by util.error and
// util.unauthorized, which refuse the operation. util.appendError is logged and
// changes nothing, and neither util.http.addResponseHeader nor an extension for
// GraphQL has an effect: the guide describes no answer of an Event API that they
// would be in, an HTTP publish's neither.
//
// # Concurrency
//
// All methods of API are safe for concurrent use. Publish works in its caller's
// goroutine; a socket has one that reads, and one for each operation under way.
// Shutdown waits for all of them.
package eventsapi
