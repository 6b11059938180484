resource "random_string" "a" {
  length = 3
}

resource "random_string" "b" {
  length = 3
}

import {
  to = random_string.a
  id = "abc"
}

import {
  to = random_string.b
  id = "abc"
}
