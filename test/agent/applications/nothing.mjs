// The tests import what they run before it.
