variable "n" {
  default = 2
}

check "n" {
  assert {
    condition     = var.n != 2
    error_message = "two"
  }
}
