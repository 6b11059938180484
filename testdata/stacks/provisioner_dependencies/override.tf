resource "terraform_data" "c" {
  provisioner "local-exec" {
    command = "echo overridden >> log.txt"
  }
}
