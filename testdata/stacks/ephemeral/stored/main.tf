variable "token" {
  default   = "temporary"
  ephemeral = true
}

locals {
  header = { text = ["Bearer ${var.token}"] }
}

resource "terraform_data" "input" {
  input = local.header
}

resource "terraform_data" "nested" {
  input = { a = [for h in local.header.text : upper(h)] }
}

resource "terraform_data" "triggers" {
  triggers_replace = [var.token == "x" ? 1 : 2]
}

resource "terraform_data" "count" {
  count = length(var.token)
}

resource "terraform_data" "for_each" {
  for_each = toset([var.token])
}

output "value" {
  value = "%{ if var.token == "a" }b%{ endif }"
}

output "object" {
  value = merge({ a = 1 }, local.header)
}
