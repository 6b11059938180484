variable "v" {
  default = 1
}

resource "terraform_data" "one" {
}

resource "terraform_data" "none" {
  count = 0
  lifecycle {
    precondition {
      condition     = var.v == 1
      error_message = "v is ${var.v}"
    }
  }
}

module "m" {
  source = "./m"
  count  = 0
}
