resource "terraform_data" "new" {}

resource "terraform_data" "c" {
  for_each = toset([terraform_data.new.id])
}
