variable "v" {
  default = 1
}

resource "terraform_data" "b" {
  input = var.v
  provisioner "local-exec" {
    _ {
      command = "echo ${self.output} >> log.txt"
    }
    connection {
      host = "nobody"
    }
  }
}
