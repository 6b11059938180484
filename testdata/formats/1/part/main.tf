variable "secret" {
  type      = string
  sensitive = true
}

resource "terraform_data" "inner" {
  input            = var.secret
  triggers_replace = [1]

  lifecycle {
    create_before_destroy = true
  }
}
