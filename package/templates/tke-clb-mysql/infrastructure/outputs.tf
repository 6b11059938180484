output "main" {
  description = "Where the application is"
  value       = "http://${tencentcloud_clb_instance.entry.clb_vips[0]}/"
}
