resource "terraform_data" "needed" {
  input = "known"
  provisioner "local-exec" {
    when    = destroy
    command = "echo needed goes >> log.txt"
  }
}

locals {
  through = terraform_data.needed.output
}

resource "terraform_data" "a" {
  input = "of a"
  provisioner "local-exec" {
    command = "echo random_id is ${local.through} >> log.txt"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 0.2; echo a goes >> log.txt"
  }
}

resource "terraform_data" "c" {
  depends_on = [terraform_data.b]
  provisioner "local-exec" {
    command = "echo not this >> log.txt"
  }
  provisioner "local-exec" {
    command = "echo nor this >> log.txt"
  }
}
