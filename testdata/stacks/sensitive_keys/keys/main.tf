variable "secret" {
  default   = ["hunter2"]
  sensitive = true
}

resource "terraform_data" "a" {
  for_each = toset(var.secret)
}
