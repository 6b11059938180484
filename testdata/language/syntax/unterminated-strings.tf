variable "v" {
  default = "abc
  type    = string
}
locals {
  a = "x ${b"
  c = f("one)
  d = 1
}
resource "a "b" {
}
