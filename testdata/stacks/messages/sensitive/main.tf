variable "n" {
  default   = "x"
  sensitive = true
}

variable "e" {
  default   = "x"
  ephemeral = true
  validation {
    condition     = var.e == "x"
    error_message = "Not ${var.e}."
  }
}

resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = var.n == "x"
      error_message = "Not ${var.n}."
    }
    precondition {
      condition     = var.n == "x"
      error_message = "Not ${var.e}."
    }
  }
}
