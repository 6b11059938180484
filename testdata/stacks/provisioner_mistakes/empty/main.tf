resource "terraform_data" "command" {
  provisioner "local-exec" {
    command = " "
  }
}
resource "terraform_data" "dir" {
  provisioner "local-exec" {
    command     = "true"
    working_dir = "none"
  }
}
resource "terraform_data" "program" {
  provisioner "local-exec" {
    command     = "true"
    interpreter = ["no-such-program"]
  }
}
