variable "null" { default = null }
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = ["a", "list"]
  }
  provisioner "local-exec" {
    command = 1 == 1 ? null : self.id
  }
}
