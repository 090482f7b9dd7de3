// Package login gets tokens for people and services, and keeps them fresh.
package login
