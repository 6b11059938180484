# Not a place for any of these.
resource "terraform_data" "a" {
  provisioner "chef" {
    anything = 1
  }
  provisioner "remote-exec" {
  }
  provisioner "file" {
    source = "a"
  }
  connection {
    host = "h"
  }

  provisioner "local-exec" {
    working_dir = "."
    comand      = "true"
  }
  provisioner "local-exec" {
    command    = "true"
    when       = never
    on_failure = "stop"
    connection {
    }
  }
}

resource "terraform_data" "b" {
  for_each = { k = "v" }
  provisioner "local-exec" {
    when    = destroy
    quiet   = each.key == "k" && self.input == path.module && terraform.workspace == "x"
    command = "echo ${terraform_data.a.id}"
    environment = { A = each.value }
    working_dir = var.missing
    interpreter = [for x in ["a"] : data.x.y[x]]
  }
  provisioner "local-exec" {
    when    = destroy
    quiet   = [for x in ["a"] : x == self.id][0]
    command = "echo ${count.index}"
  }
}

data "tencentcloud_vpc" "d" {
  # Only the provisioner is of interest here.
  provisioner "local-exec" {
    command = "true"
  }
}

resource "terraform_data" "c" {
  provisioner "local-exec" {
    command = "echo ${terraform_data.none.id}"
  }
  provisioner "local-exec" "two" {
  }
}
