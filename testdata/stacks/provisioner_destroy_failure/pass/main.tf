resource "terraform_data" "a" {
  input = "kept"
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
  provisioner "local-exec" {
    when    = destroy
    command = "true"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "true"
  }
}
