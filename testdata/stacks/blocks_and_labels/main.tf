variable "a" {
  default  = 1
  nullable = null
  validation "x" {
    condition     = var.a == 1
    error_message = "Not 1."
  }
}

resource "terraform_data" "a" {
  lifecycle {
    # Neither true nor false.
    prevent_destroy = null
  }
  lifecycle {}
}

resource "terraform_data" "b" {
  lifecycle "x" {}
}

locals {
  b {}
}

variable "twice" {
  type = object({
    x = string
    x = number
  })
  default = null
}

moved {
  from = var.a
  to   = terraform_data.a
}

variable "quoted" {
  type = object({
    "x" = string
  })
  default = null
}

resource "terraform_data" "c" {
  input = 1
  _ {
    input = 2
  }
  _ "x" {
    triggers_replace = 1
  }
}
