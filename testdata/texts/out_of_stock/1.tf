resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
}

resource "tencentcloud_security_group" "of_web" {
  name = "of ${tencentcloud_instance.web.id}"
}

resource "terraform_data" "after" {
  count = 12
  input = tencentcloud_security_group.of_web.id
}

resource "tencentcloud_eip" "apart" {
  name = "apart"
}

output "address" {
  value = tencentcloud_instance.web.private_ip
}

output "all" {
  value = "${tencentcloud_eip.apart.id} ${terraform_data.after[0].id}"
}

output "eip" {
  value = tencentcloud_eip.apart.id
}
