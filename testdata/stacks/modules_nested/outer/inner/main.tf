variable "name" {}

resource "terraform_data" "it" {
  for_each = toset(["x"])
  input    = "${var.name}-${each.key}"
}

output "value" {
  value = terraform_data.it["x"].output
}
