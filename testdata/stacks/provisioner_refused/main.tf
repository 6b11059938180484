variable "on" {
  type = bool
}

resource "terraform_data" "kept" {
}

resource "terraform_data" "a" {
  count = var.on ? 2 : 0
  provisioner "local-exec" {
    command = "test ${count.index} = 1 || echo a >> log.txt"
  }

  provisioner "local-exec" {
    command = "true"
  }
}

resource "terraform_data" "b" {
  provisioner "local-exec" {
    when    = destroy
    command = "echo b >> log.txt"
  }
}
