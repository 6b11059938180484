variable "secret" {
  type      = string
  sensitive = true
}
variable "key" {
  type      = string
  sensitive = true
}
variable "token" {
  type      = string
  ephemeral = true
}

resource "terraform_data" "a" {
  input = var.secret
  provisioner "local-exec" {
    command = "echo ${self.input} | tee -a log.txt; echo more"
  }
  provisioner "local-exec" {
    command     = "echo $TOKEN | tee -a log.txt"
    quiet       = true
    environment = { TOKEN = var.token }
  }
  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-e", "-c"]
    command     = "echo shown\nprintf 'line %s\\n' two three"
  } # A copy is no sensitive value, yet must not be seen.
  provisioner "local-exec" {
    command = "echo is ${self.output}; exit 1"
  }
}
