variable "n" {
  default = "x"
}

variable "m" {
  default = "x"
  validation {
    error_message = "${tonumber(var.n)}"
    condition     = var.m == "x"
  }
}

resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.n == "x"
      error_message = "${tonumber(var.n)}"
    }
  }
}

output "o" {
  value = 1
  precondition {
    error_message = "${tonumber(var.n)}"
    condition     = var.n == "x"
  }
}

check "c" {
  assert {
    error_message = "${tonumber(var.n)}"
    condition     = var.n == "x"
  }
}
