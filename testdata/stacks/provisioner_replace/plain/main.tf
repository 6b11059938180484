variable "v" {
  type = string
}
resource "terraform_data" "a" {
  triggers_replace = var.v
  lifecycle {
    create_before_destroy = false
  }
  provisioner "local-exec" {
    command = "echo made ${self.triggers_replace} >> log.txt; test ${self.triggers_replace} != bad"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo gone ${self.triggers_replace} >> log.txt"
  }
}
