resource "terraform_data" "a" {
  provisioner "local-exec" {
    command    = "exit 1"
    on_failure = continue
  }
  provisioner "local-exec" {
    command    = "does-not-exist"
    on_failure = continue
  }
  provisioner "local-exec" {
    command = "echo goes on >> log.txt"
  }
  provisioner "local-exec" {
    when       = "destroy"
    on_failure = "continue"
    command    = "echo goes >> log.txt; exit 1"
  }
}

resource "terraform_data" "b" {
  input = terraform_data.a.id
}
