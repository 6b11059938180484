resource "terraform_data" "a" {
  input = "kept"
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
  provisioner "local-exec" {
    when    = destroy
    command = "echo once >> log.txt; exit 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "true"
  }
}
