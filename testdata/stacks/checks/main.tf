variable "size" {}

resource "terraform_data" "a" {
  input = var.size
}

check "always" {
  assert {
    condition     = var.size > 0
    error_message = "nothing"
  }
}

check "small" {
  assert {
    condition     = var.size < 2
    error_message = "size is ${var.size}"
  }
}

check "two" {
  assert {
    condition     = var.size < 3
    error_message = "more than two"
  }
  assert {
    condition     = var.size != 2
    error_message = "exactly two"
  }
}

check "late" {
  assert {
    condition     = terraform_data.a.output < 4
    error_message = "too large"
  }
}
