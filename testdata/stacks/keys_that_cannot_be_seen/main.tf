# Nothing of a key may steer a terminal, or look like something else.
resource "terraform_data" "a" {
  for_each = toset(["\u001b[2J", "a\u202eb", "plain"])
  input    = each.key
}

output "o" {
  value = terraform_data.a["a\u202eb"].output
}
