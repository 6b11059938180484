resource "terraform_data" "a" {}

check "id" {
  assert {
    condition     = length(terraform_data.a.id) < 10
    error_message = "the id is long"
  }
}

output "after" {
  value = 1
}
