variable "name" {}

variable "size" {
  validation {
    condition     = var.size < 100
    error_message = "too large"
  }
}

resource "terraform_data" "it" {
  input = var.size
}

check "small" {
  assert {
    condition     = var.size < 2
    error_message = "${var.name} is ${var.size}"
  }
}
