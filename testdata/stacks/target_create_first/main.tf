variable "v" {
  type = number
}

resource "terraform_data" "base" {
  triggers_replace = var.v
}

resource "terraform_data" "user" {
  triggers_replace = terraform_data.base.id
  lifecycle {
    create_before_destroy = true
  }
}
