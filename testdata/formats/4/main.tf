resource "terraform_data" "kept" {
  input = { name = "kept", list = [1, null] }
}

resource "terraform_data" "more" {
  input = terraform_data.kept.output.name
}
