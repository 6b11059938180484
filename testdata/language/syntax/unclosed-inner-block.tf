resource "a" "one" {
  x = 1
  lifecycle {
    prevent_destroy = true
  y = 2
}

variable "v" {
}
