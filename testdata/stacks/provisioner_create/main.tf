variable "input" {
  type = string
}

resource "terraform_data" "a" {
  input = var.input
  provisioner "local-exec" {
    command = "mkdir sub && echo \"first ${self.input}\" >> log.txt; echo out; echo err >&2; echo last"
  }
  provisioner "local-exec" {
    quiet   = true
    command = "echo \"second $FROM\" >> log.txt; test -z \"$${UNSET+x}\""
    environment = {
      FROM  = "from the environment"
      UNSET = null
    }
  }
  provisioner "local-exec" {
    quiet       = true
    interpreter = ["/bin/sh", "-c", "echo \"$1\" >> log.txt", "name"]
    command     = "-e"
  }
}

resource "terraform_data" "b" {
  for_each   = { k = "v" }
  depends_on = [terraform_data.a]
  provisioner "local-exec" {
    quiet   = true
    command = "echo 'of ${each.key}: ${each.value}' >> log.txt; printf 'no newline'"
  }
}

resource "terraform_data" "c" {
  count      = 1
  depends_on = [terraform_data.b]
  provisioner "local-exec" {
    quiet       = true
    working_dir = "sub"
    command     = "echo \"of ${count.index} in $(basename \"$PWD\")\" >> ../log.txt"
  }
}
