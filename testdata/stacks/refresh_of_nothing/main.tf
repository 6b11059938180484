resource "terraform_data" "a" {}

output "id" {
  value = terraform_data.a.id
}

output "constant" {
  value = "known"
}
