resource "a" "b" {
  first = 1 +
  ok    = 1
  second = = 2
  third = [1, 2
  ]
}

variable "v" {
  default = "fine"
}
