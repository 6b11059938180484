resource "terraform_data" "first" {
  input = "x"
}

resource "terraform_data" "second" {
  input = terraform_data.first.id
}

module "deep" {
  source = "./deep"
}
