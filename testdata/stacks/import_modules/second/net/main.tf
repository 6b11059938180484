variable "value" {
  default = null
}

resource "terraform_data" "in" {
  input = var.value
}
