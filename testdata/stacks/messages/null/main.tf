variable "n" {
  default = "x"
}

resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.n == "x"
      error_message = null
    }
  }
}

check "c" {
  assert {
    error_message = null
    condition     = var.n == "x"
  }
}
