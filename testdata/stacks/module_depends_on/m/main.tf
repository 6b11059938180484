resource "terraform_data" "in" {}

resource "terraform_data" "bad" {
  provisioner "local-exec" {
    command = "exit 3"
  }
}

output "o" {
  value = "of nothing"
}
