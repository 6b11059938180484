variable "name" { default = "x" }

resource "terraform_data" "a" {
  input = var.name
  provisioner "local-exec" {
    command = [var.name]
  }
}
