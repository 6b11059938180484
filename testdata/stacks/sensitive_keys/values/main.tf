variable "secret" {
  default   = "hunter2"
  sensitive = true
}

resource "terraform_data" "a" {
  for_each = { k = var.secret }
  input    = each.value
}
