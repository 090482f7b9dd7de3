package library

var timeFunctions []function
