variable "v" {}

check "number" {
  assert {
    condition     = tonumber(var.v) == 1
    error_message = "not one"
  }
}

check "null" {
  assert {
    condition     = var.v == 0 ? true : null
    error_message = "null"
  }
}
